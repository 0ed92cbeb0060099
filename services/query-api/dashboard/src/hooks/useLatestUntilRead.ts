/** The latest submission, until the reader turns to what stands below its card: then the one that stands there stays. */
import { useEffect, useState } from "react";

import type { ModelRow } from "../api/client.ts";
import { find, keyOf } from "../lib/rows.ts";

// The card's own height: further down its model is being read.
const READING_PX = 300;

export function useLatestUntilRead(
  newest: ModelRow | undefined,
  rows: readonly ModelRow[],
): { row: ModelRow | undefined; isRead: boolean } {
  const [read, setRead] = useState<string | null>(null);
  const key = newest ? keyOf(newest) : null;
  useEffect(() => {
    const note = () => {
      if (scrollY > READING_PX) setRead((known) => known ?? key);
    };
    addEventListener("scroll", note, { passive: true });
    return () => removeEventListener("scroll", note);
  }, [key]);
  return { row: find(rows, read) ?? newest, isRead: read !== null };
}
