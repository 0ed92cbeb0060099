/** The path below which this page's server is reached, without a slash at its end: a proxy may have put it anywhere. */

// The server writes into the page how it leads there: an address may be one name below it, or two.
const root = document.querySelector<HTMLMetaElement>('meta[name="arcwatch-root"]')?.content ?? ".";
export const BASE = new URL(root, location.href).pathname.slice(0, -1);
