/** Short notices of what just happened. */
import { Link } from "wouter";

import { dismiss, useLive } from "../live/store.ts";

const EDGES = { good: "border-l-good", bad: "border-l-bad", plain: "border-l-accent" };

export function Toasts() {
  const toasts = useLive((state) => state.toasts);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2"
    >
      {toasts.map((each) => (
        <div
          key={each.id}
          data-testid="toast"
          className={`panel rise pointer-events-auto flex items-start gap-3 border-l-4 p-3.5 shadow-lg ${EDGES[each.kind]}`}
        >
          <div className="min-w-0 flex-1 text-sm">
            {each.href ? (
              <Link href={each.href} className="link font-semibold break-words">
                {each.title}
              </Link>
            ) : (
              <p className="font-semibold break-words">{each.title}</p>
            )}
            {each.text && <p className="text-muted mt-0.5 line-clamp-3 break-words">{each.text}</p>}
          </div>
          <button
            type="button"
            className="text-muted hover:text-ink shrink-0 text-xs underline underline-offset-3"
            onClick={() => dismiss(each.id)}
          >
            Dismiss
          </button>
        </div>
      ))}
    </div>
  );
}
