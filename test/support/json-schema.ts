/**
 * Holds a value against a JSON schema, as far as our own schemas go: a keyword that is not known here is an error,
 * so that none goes unjudged. Stricter than the standard in one thing: a field that the schema does not tell of is
 * wrong too, since the schema is all the documentation that there is.
 */

type Schema = Readonly<Record<string, unknown>>;
type Judge = (rule: unknown, value: unknown, schema: Schema, at: string) => string[];

/** What is wrong with the value, and where; nothing if it fits. */
export function violations(schema: Schema, value: unknown, at = "$"): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const judge = JUDGES[keyword];
    if (judge === undefined) return [`${at}: unknown keyword '${keyword}'`];
    return judge(rule, value, schema, at);
  });
}

const ignored: Judge = () => [];
const fits =
  (holds: (rule: never, value: never) => boolean, applies: (value: unknown) => boolean): Judge =>
  (rule, value, schema, at) =>
    !applies(value) || holds(rule as never, value as never)
      ? []
      : [`${at}: ${JSON.stringify(value)} is not as ${JSON.stringify(schema)}`];

const always = (): boolean => true;
const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => typeof value === "number";

const JUDGES: Readonly<Record<string, Judge>> = {
  $schema: ignored,
  default: ignored,
  // Each comes with a pattern of its own.
  format: ignored,
  type: fits(
    (types: string | string[], value: unknown) =>
      [types].flat().includes(typeOf(value)) || isWhole(types, value),
    always,
  ),
  enum: fits((words: unknown[], value: unknown) => words.includes(value), always),
  const: fits((only: unknown, value: unknown) => only === value, always),
  pattern: fits((pattern: string, text: string) => new RegExp(pattern, "u").test(text), isText),
  minLength: fits((least: number, text: string) => text.length >= least, isText),
  maxLength: fits((most: number, text: string) => text.length <= most, isText),
  minimum: fits((least: number, value: number) => value >= least, isNumber),
  maximum: fits((most: number, value: number) => value <= most, isNumber),
  required: (names, value, _, at) =>
    isObject(value)
      ? (names as string[]).filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`)
      : [],
  properties: (properties, value, { additionalProperties }, at) => {
    if (!isObject(value)) return [];
    const known = properties as Record<string, Schema>;
    return Object.entries(value).flatMap(([name, one]) => {
      if (Object.hasOwn(known, name)) return violations(known[name]!, one, `${at}.${name}`);
      return additionalProperties === undefined ? [`${at}.${name}: the schema does not tell of it`] : [];
    });
  },
  additionalProperties: (rule, value, { properties }, at) => {
    if (!isObject(value)) return [];
    const others = Object.entries(value).filter(
      ([name]) => !Object.hasOwn((properties ?? {}) as object, name),
    );
    return others.flatMap(([name, one]) => violations(rule as Schema, one, `${at}.${name}`));
  },
  propertyNames: (rule, value, _, at) =>
    isObject(value)
      ? Object.keys(value).flatMap((name) => violations(rule as Schema, name, `${at} (name)`))
      : [],
  maxItems: fits((most: number, list: unknown[]) => list.length <= most, Array.isArray),
  items: (rule, value, _, at) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => violations(rule as Schema, one, `${at}[${index}]`))
      : [],
  anyOf: (rules, value, _, at) => {
    const all = (rules as Schema[]).map((rule) => violations(rule, value, at));
    return all.some(({ length }) => length === 0) ? [] : (all[0] ?? []);
  },
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isWhole(types: string | string[], value: unknown): boolean {
  return [types].flat().includes("integer") && Number.isInteger(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === "object";
}
