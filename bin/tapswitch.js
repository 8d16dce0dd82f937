#!/usr/bin/env node
import { load } from "./load.js";

const { main } = await load("bundle/main.js", "src/cli/main.js");
await main(process.argv);
