import { writeFileSync } from "node:fs";
import { API_FILE, apiReport } from "./api-report.js";

writeFileSync(API_FILE, apiReport());
