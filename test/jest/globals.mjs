// What a spec imports as `@jest/globals`.
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } = globalThis.jestGlobals;
