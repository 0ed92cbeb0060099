/** The ids of a submission's whole task set: those it answered and those it left out. */
import { useQuery } from "@tanstack/react-query";

import type { ModelRow } from "../../api/client.ts";
import { performanceQuery } from "../../api/queries.ts";

export function useTaskIds(row: ModelRow): { data: string[] | undefined; error: Error | null } {
  const attempt = row.attempts[0]?.modelName;
  const { data, error } = useQuery({
    ...performanceQuery(attempt ?? "", row.dataset),
    enabled: attempt !== undefined,
    select: ({ correct, incorrect, notAttempted }) => [...correct, ...incorrect, ...notAttempted],
  });
  return { data, error };
}
