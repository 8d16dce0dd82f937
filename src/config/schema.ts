/** The JSON schema of `tapswitch.yaml`, for editors: made from the very types that parse it. */
import { z } from "zod";
import { ABOUT } from "./about.js";
import { JSON_FORM } from "./fields.js";
import { JOIN } from "./join-config.js";
import { defaultOf } from "./options.js";
import { SERVE } from "./serve-config.js";

type Json = Record<string, unknown>;

/** Plain data, to be written as JSON. */
export function configSchema(): Json {
  const sections = [SERVE, JOIN].map(({ section, options }) => [section, sectionSchema(options)] as const);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "tapswitch.yaml",
    description: "What 'tapswitch serve' and 'tapswitch join' read by --config",
    type: "object",
    properties: Object.fromEntries(sections),
    additionalProperties: false,
    minProperties: 1,
  };
}

function sectionSchema(options: z.ZodObject): Json {
  const schema = z.toJSONSchema(options, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => improve(zodSchema as unknown as z.ZodType, jsonSchema as Json),
  }) as Json;
  // What the file leaves out a flag or a variable may say, and a section may be empty.
  const { $schema: _, required: __, ...rest } = schema;
  return { ...rest, type: ["object", "null"] };
}

/** Says in `json` what the type does not. */
function improve(type: z.ZodType, json: Json): void {
  const form = JSON_FORM.get(type)?.form;
  if (form !== undefined) {
    delete json["anyOf"];
    Object.assign(json, form);
  }
  const about = ABOUT.get(type);
  if (about === undefined) return;
  const { description, otherwise } = about;
  json["description"] = otherwise === undefined ? description : `${description} (default: ${otherwise})`;
  // A default in words depends on the machine, or is no value at all.
  const value = otherwise === undefined ? defaultOf(type) : undefined;
  if (value === undefined) delete json["default"];
  else json["default"] = value;
}
