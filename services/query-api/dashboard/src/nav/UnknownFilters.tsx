/** Says what of the address has no meaning on this page, so that a mistyped filter does not pass for one. */
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";

import type { ModelRow } from "../api/client.ts";
import { modelsQuery } from "../api/queries.ts";
import { useParams } from "../hooks/useParams.ts";
import { pageAt, unknownIn } from "./pages.ts";

const NONE: readonly ModelRow[] = [];

export function UnknownFilters() {
  const [path] = useLocation();
  const [params, update] = useParams();
  const models = useQuery(modelsQuery());
  const unknown = unknownIn(pageAt(path), params, models.data?.data ?? NONE);
  if (unknown.length === 0) return null;
  return (
    <div
      role="status"
      data-testid="unknown"
      className="bg-part-soft text-part mb-3 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl px-4 py-2.5 text-sm"
    >
      <p className="min-w-0 flex-1 wrap-anywhere">
        <strong className="font-semibold">
          Unknown {unknown.length === 1 ? "filter" : "filters"}{" "}
          {unknown.map(([name, value], place) => (
            <span key={place}>
              {place > 0 && ", "}
              <code className="line-clamp-3 inline">{`${name}=${value}`}</code>
            </span>
          ))}
          .
        </strong>{" "}
        Nothing on this page is called that.
      </p>
      <button
        type="button"
        className="button"
        onClick={() => update(Object.fromEntries(unknown.map(([name]) => [name, null])), { replace: true })}
      >
        Reset
      </button>
    </div>
  );
}
