/** A part of a page that scrolls by itself, and is reached by keyboard for that. */
import type { ReactNode, Ref } from "react";

interface ScrollProps {
  label: string;
  className?: string;
  ref?: Ref<HTMLDivElement>;
  children: ReactNode;
}

export function Scroll({ label, className = "relative overflow-x-auto", ref, children }: ScrollProps) {
  return (
    <div ref={ref} tabIndex={0} role="region" aria-label={label} className={className}>
      {children}
    </div>
  );
}
