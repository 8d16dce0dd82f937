#!/usr/bin/env node
import { extcap } from "../dist/src/cli/extcap/entry.js";

await extcap(process.argv.slice(2));
