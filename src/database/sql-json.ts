/** SQL: a `timestamptz` as clients see times, RFC 3339 in UTC with milliseconds; null stays null. (`to_json` would give `+00:00`.) */
export const timeJson = (expression: string): string => `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
