/** One figure with its name. */
import type { ReactNode } from "react";

interface FigureProps {
  name: string;
  value: ReactNode;
  note?: ReactNode;
  className?: string;
}

export function Figure({ name, value, note, className = "text-xl tracking-tight" }: FigureProps) {
  return (
    <div className="min-w-0">
      <dt className="label">{name}</dt>
      <dd className={`mt-1 font-semibold ${className}`}>{value}</dd>
      {note && <dd className="text-muted mt-1 text-xs">{note}</dd>}
    </div>
  );
}
