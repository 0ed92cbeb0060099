/** Many small cells, each of a kind; buttons leave one kind bright. Tab goes past all cells at once, arrow keys walk. */
import { useParams } from "../../hooks/useParams.ts";
import { useRoving } from "../../hooks/useRoving.ts";
import { count } from "../../lib/format.ts";

interface StripProps<Kind extends string> {
  label: string;
  kinds: readonly (readonly [kind: Kind, name: string])[];
  cells: readonly { id: string; kind: Kind; name: string }[];
  /** Where the address says which kind alone is bright. */
  param: string;
  onPick: (id: string) => void;
}

/** How many cells stand beside each other. */
function columnsOf(strip: HTMLElement): number {
  const tops = Array.from(strip.children, (each) => (each as HTMLElement).offsetTop);
  return tops.filter((top) => top === tops[0]).length;
}

export function Strip<Kind extends string>({ label, kinds, cells, param, onPick }: StripProps<Kind>) {
  const [params, update] = useParams();
  const only = kinds.find(([kind]) => kind === params.get(param))?.[0] ?? null;
  const { onKeyDown, stop } = useRoving(
    cells.map(({ id }) => id),
    columnsOf,
  );
  return (
    <>
      <div role="group" aria-label="Show only" className="mb-4 flex flex-wrap gap-2">
        {kinds.map(([kind, name]) => (
          <button
            key={kind}
            type="button"
            aria-pressed={only === kind}
            className="border-line hover:bg-raised aria-pressed:border-ink aria-pressed:bg-raised inline-flex items-center gap-2 rounded-full border px-3 py-1 text-left text-sm wrap-anywhere"
            onClick={() => update({ [param]: only === kind ? null : kind }, { replace: true })}
          >
            <span aria-hidden="true" className={`cell cell-${kind} size-3.5 shrink-0`} />
            {name}{" "}
            <strong className="font-semibold">
              {count(cells.filter((each) => each.kind === kind).length)}
            </strong>
          </button>
        ))}
      </div>
      <div
        role="toolbar"
        aria-label={`${label}. Arrow keys move.`}
        data-testid="strip"
        className={`grid gap-[3px] ${cells.length > 200 ? "grid-cols-[repeat(auto-fill,minmax(1.05rem,1fr))]" : "grid-cols-[repeat(auto-fill,minmax(1.5rem,1fr))]"}`}
        onKeyDown={onKeyDown}
      >
        {cells.map(({ id, kind, name }) => (
          <button
            key={id}
            type="button"
            aria-label={name}
            title={name}
            data-dim={only !== null && only !== kind}
            className={`cell cell-${kind}`}
            onClick={() => onPick(id)}
            {...stop(id)}
          />
        ))}
      </div>
    </>
  );
}
