/** A part of a page that scrolls by itself, and is reached by keyboard for that. */
import type { ReactNode } from "react";

interface ScrollProps {
  label: string;
  className?: string;
  children: ReactNode;
}

export function Scroll({ label, className = "relative overflow-x-auto", children }: ScrollProps) {
  return (
    <div tabIndex={0} role="region" aria-label={label} className={className}>
      {children}
    </div>
  );
}
