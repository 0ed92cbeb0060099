/** One figure with its name. */
import type { ReactNode } from "react";

export function Figure({
  name,
  value,
  note,
  big = false,
}: {
  name: string;
  value: ReactNode;
  note?: ReactNode;
  big?: boolean;
}) {
  return (
    <div className="min-w-0">
      <dt className="label">{name}</dt>
      <dd className={`mt-1 font-semibold tracking-tight ${big ? "text-4xl" : "text-xl"}`}>{value}</dd>
      {note && <dd className="text-muted mt-0.5 text-xs">{note}</dd>}
    </div>
  );
}
