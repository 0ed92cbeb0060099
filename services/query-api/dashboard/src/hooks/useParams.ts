/** What is selected lives in the address, so that it can be shared. */
import { useCallback } from "react";
import { useSearchParams } from "wouter";

export type Changes = Record<string, string | null>;

export function useParams(): [URLSearchParams, (changes: Changes, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const update = useCallback(
    (changes: Changes, options: { replace?: boolean } = {}) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(changes)) {
          if (value === null || value === "") next.delete(name);
          else next.set(name, value);
        }
        return next;
      }, options),
    [setParams],
  );
  return [params, update];
}
