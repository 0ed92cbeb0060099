/** What a list does not show yet. Its place is there before it, so that nothing moves when something is new. */
import type { Held } from "../hooks/useHeld.ts";

export function News({ of, what }: { of: Pick<Held<unknown>, "news" | "show">; what: string }) {
  return (
    <div className="flex h-9 items-center text-sm print:hidden" data-testid="news">
      {of.news ? (
        <button type="button" className="button" onClick={of.show}>
          <span className="text-accent">{of.news}: show</span>
          <span className="sr-only"> in {what}</span>
        </button>
      ) : null}
      <span role="status" className="sr-only">
        {of.news && `${of.news} in ${what}`}
      </span>
    </div>
  );
}
