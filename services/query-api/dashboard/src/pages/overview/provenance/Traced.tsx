/** A figure that leads to the tasks and files it comes from. */
import type { ReactNode } from "react";

import { useParams } from "../../../hooks/useParams.ts";
import type { Origin } from "./lines.ts";

interface TracedProps {
  row: { dataset: string; model: string };
  /** By what the tasks are sorted then. */
  by: Origin;
  /** The number of the attempt that it is of, from 1; without it, of all together. */
  attempt?: number | undefined;
  children: ReactNode;
}

export function Traced({ row: { dataset, model }, by, attempt, children }: TracedProps) {
  const [, update] = useParams();
  const of = attempt === undefined ? null : String(attempt);
  return (
    <button
      type="button"
      title="Show where this comes from"
      className="decoration-strong hover:decoration-accent cursor-pointer text-left underline decoration-dotted decoration-1 underline-offset-4"
      onClick={() => update({ dataset, model, from: by, of, order: null })}
    >
      {children}
    </button>
  );
}
