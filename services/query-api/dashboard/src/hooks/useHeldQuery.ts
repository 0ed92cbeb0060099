/** A list that is held while it is read, and loaded again when its reader asks for what is new. */
import { useState } from "react";
import type { UseQueryResult } from "@tanstack/react-query";

import { useHeldAnswer } from "./useHeldAnswer.ts";

interface What<T> {
  of?: string;
  /** What of an answer has to be another one to be news. */
  stampOf: (data: T) => unknown;
  /** Whether there is nothing to read yet. */
  isLoose?: (data: T) => boolean;
}

export function useHeldQuery<T>(query: UseQueryResult<T>, { of = "", stampOf, isLoose }: What<T>) {
  const { data, isStale, isFetching, isPlaceholderData, refetch } = query;
  const [asked, ask] = useState(false);
  const stamp = data === undefined ? undefined : stampOf(data);
  const follows = asked || isPlaceholderData || data === undefined || (isLoose?.(data) ?? false);
  const held = useHeldAnswer(data, { of, stamp, follows });
  const show = () => {
    held.show();
    if (!isStale) return;
    ask(true);
    void refetch().finally(() => ask(false));
  };
  const hasNews = asked || held.isBehind || (isStale && !isFetching && data !== undefined);
  return { data: held.shown, hasNews, isAsked: asked, show };
}
