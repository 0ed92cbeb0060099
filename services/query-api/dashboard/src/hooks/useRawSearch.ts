/** The address's query as it stands there: wouter decodes it before it is parsed, so that `%25` in a name was lost. */
import { type BrowserSearchHook, useSearch } from "wouter/use-browser-location";

export const useRawSearch: BrowserSearchHook = (options) => useSearch(options).replaceAll("%", "%25");
