import { h } from "./dom.js";

document.body.append(h("main", {}, "tapswitch"));
