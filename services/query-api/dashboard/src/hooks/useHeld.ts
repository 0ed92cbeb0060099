/** A list that nothing moves while it is read: what is new waits until the reader asks for it. */
import { useState } from "react";

import { changesOf, type Identity, said, withOwn } from "../live/held.ts";

export interface Held<Row> {
  rows: readonly Row[];
  /** "3 new, 1 changed"; empty where nothing waits. */
  news: string;
  show: () => void;
}

/** `of` says which list it is: another one is shown as it comes. */
export function useHeld<Row>(live: readonly Row[], identity: Identity<Row>, of = ""): Held<Row> {
  const [held, setHeld] = useState({ rows: live, of });
  // In a list without rows nobody reads; and ranks may be filled in where the rows are the same.
  const isFollowed = held.of !== of || held.rows.length === 0;
  const shown = isFollowed ? live : withOwn(held.rows, live, identity);
  const news = said(changesOf(shown, live, identity));
  if (!news && (held.rows !== live || held.of !== of)) setHeld({ rows: live, of });
  return { rows: news ? shown : live, news, show: () => setHeld({ rows: live, of }) };
}
