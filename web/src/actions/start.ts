/** Opens the link and feeds what it tells into the state. */
export function connect(): void {}
