/** Where this process finds programs; its children inherit nothing else of the environment. */
export const executablePath = process.env.PATH ?? '';
