/** The path below which this page's server is reached, without a slash at its end: a proxy may have put it anywhere. */

// Each address of the page is one name below it.
export const BASE = new URL(".", location.href).pathname.slice(0, -1);
