/** Whether all rows of a long table are in the page: when a reader wants it, searches in the page, or prints it. */
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

export function useWholeTable() {
  const [wanted, setWhole] = useState(false);
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    // The browser's own search opens after this, and paper is laid out: the rows must be there by then.
    const onKey = (event: KeyboardEvent) => {
      if (searches(event)) flushSync(() => setWhole(true));
    };
    window.addEventListener("keydown", onKey, { signal });
    window.addEventListener("beforeprint", () => flushSync(() => setPrinting(true)), { signal });
    window.addEventListener("afterprint", () => setPrinting(false), { signal });
    return () => leaving.abort();
  }, []);
  return { whole: wanted || printing, setWhole };
}

function searches({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "f" && (ctrlKey || metaKey) && !altKey && !shiftKey;
}
