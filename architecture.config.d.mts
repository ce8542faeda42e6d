export declare const PLATFORM: string[];
export declare const OPEN: string[];
export declare const publicSuffixes: string[];
export declare const modules: Record<string, string[]>;
export declare const parts: Record<string, Record<string, string[]>>;
export declare const tables: Record<string, string>;
export declare const tableExceptions: { file: string; tables: string[]; why: string }[];
