#!/usr/bin/env node
import { load } from "./load.js";

const { extcap } = await load("bundle/extcap.js", "src/cli/extcap/entry.js");
await extcap(process.argv.slice(2));
