export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the trimmed value of a variable; null when it is unset or empty. */
export const readVariable = (env: Environment, variable: string): string | null => env[variable]?.trim() || null;

/** The search path for programs; child processes inherit no other variable of the environment. */
export const executablePath = process.env.PATH ?? '';
