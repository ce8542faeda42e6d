import { z } from 'zod';
import { type Environment, readVariable } from './environment.js';

/** A variable of the environment: its name, form, default and description. */
export interface Setting<T> {
  readonly variable: string;
  readonly doc: string;
  /** The default as text of the environment; null: none. */
  readonly fallback: string | null;
  /** Masked wherever settings are shown. */
  readonly secret: boolean;
  readonly schema: z.ZodType<T>;
}

export type SettingGroup = Readonly<Record<string, Setting<unknown>>>;
export type Values<G extends SettingGroup> = { readonly [K in keyof G]: G[K] extends Setting<infer T> ? T : never };

export function setting<T>(variable: string, schema: z.ZodType<T>, fallback: string, doc: string): Setting<T> {
  return { variable, schema, fallback, doc, secret: false };
}

/** Unset is null. */
export function optional<T>(variable: string, schema: z.ZodType<T>, doc: string): Setting<T | null> {
  return { variable, schema, fallback: null, doc, secret: false };
}

/** Unset is null. Its value is masked wherever settings are shown. */
export function secret(variable: string, doc: string, schema: z.ZodType<string> = z.string()): Setting<string | null> {
  return { variable, schema, fallback: null, doc, secret: true };
}

export function integer(variable: string, fallback: number, [min, max]: readonly [number, number], doc: string): Setting<number> {
  const message = `must be a whole number from ${min} to ${max}`;
  const schema = z
    .string()
    .regex(/^-?\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message));
  return setting(variable, schema, String(fallback), doc);
}

export function oneOf<const T extends string>(variable: string, values: readonly [T, ...T[]], fallback: T, doc: string): Setting<T> {
  return setting(variable, z.enum(values, `must be one of ${values.join(', ')}`), fallback, `${doc} One of ${values.join(', ')}.`);
}

const SWITCH = z.stringbool({ truthy: ['on', 'true', 'yes', '1'], falsy: ['off', 'false', 'no', '0'], error: 'must be on or off' });

export const onOff = (variable: string, fallback: 'on' | 'off', doc: string): Setting<boolean> => setting(variable, SWITCH, fallback, doc);

/** A comma-separated list; spaces around a word are ignored. */
export const words = z.string().transform((text) =>
  Object.freeze(
    text
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean),
  ),
);

export function address(...protocols: string[]): z.ZodType<string> {
  const message = `must be a URL that begins with ${protocols.map((p) => `${p}://`).join(' or ')}`;
  return z.string().refine((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return protocols.includes(url.protocol.slice(0, -1)) && (url.hostname !== '' || url.searchParams.has('host'));
  }, message);
}

/** Reads every variable of a group. Each invalid value is reported as "VARIABLE error". */
export function readGroup<G extends SettingGroup>(group: G, env: Environment, report: (error: string) => void): Values<G> {
  const values: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(group)) {
    const text = readVariable(env, item.variable) ?? item.fallback;
    const result = text === null ? null : item.schema.safeParse(text);
    if (result && !result.success) report(`${item.variable} ${result.error.issues[0]?.message ?? 'is not valid'}`);
    values[key] = result?.data ?? null;
  }
  return Object.freeze(values) as Values<G>;
}
