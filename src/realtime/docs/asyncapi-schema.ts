export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };

type Schema = { [key: string]: Json | undefined };

const isSchema = (value: Json | undefined): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema of OpenAPI 3.0 as JSON Schema, all the way down: `nullable` becomes a type, `example` one of `examples`. */
export function jsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(jsonSchema);
  if (!isSchema(value)) return value;
  const { nullable, example, ...rest } = value;
  const schema: Schema = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, item === undefined ? item : jsonSchema(item)]));
  if (example !== undefined) schema.examples = [example];
  return nullable === true ? orNull(schema) : schema;
}

function orNull(schema: Schema): Schema {
  if (typeof schema.type !== 'string') return { oneOf: [schema, { type: 'null' }] };
  return { ...schema, type: [schema.type, 'null'], ...(Array.isArray(schema.enum) && { enum: [...schema.enum, null] }) };
}
