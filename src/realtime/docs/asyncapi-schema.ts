export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };

type Schema = { [key: string]: Json | undefined };

const isSchema = (value: Json | undefined): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Converts a schema of OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, `example` one of `examples`. */
export function jsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(jsonSchema);
  if (!isSchema(value)) return value;
  const { nullable, example, ...rest } = value;
  const schema: Schema = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, item === undefined ? item : jsonSchema(item)]));
  if (example !== undefined) schema.examples = [example];
  return nullable === true ? orNull(schema) : schema;
}

/** Allows null. Beside `allOf` null needs an alternative of its own, because it would not pass the other schemas. */
function orNull(schema: Schema): Schema {
  const { description, ...rest } = schema;
  if (typeof schema.type !== 'string' || schema.allOf)
    return { ...(description !== undefined && { description }), oneOf: [rest, { type: 'null' }] };
  return { ...schema, type: [schema.type, 'null'], ...(Array.isArray(schema.enum) && { enum: [...schema.enum, null] }) };
}

/** Replaces `number` by `integer`, in place: no number of the API has a fraction, and the schema generator knows only `Number`. */
export function wholeNumbers<T>(document: T): T {
  const parts: unknown[] = [document];
  while (parts.length > 0) {
    const part = parts.pop();
    if (typeof part !== 'object' || part === null) continue;
    if ('type' in part && part.type === 'number') part.type = 'integer';
    parts.push(...(Object.values(part) as unknown[]));
  }
  return document;
}
