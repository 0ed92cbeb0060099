/** Buttons that leave one kind of cell bright, each with its pattern and how many there are. */
import { count } from "../lib/format.ts";

interface FilterProps<T extends string> {
  kinds: readonly (readonly [kind: T, name: string, number: number])[];
  only: T | null;
  onPick: (only: T | null) => void;
}

export function Filter<T extends string>({ kinds, only, onPick }: FilterProps<T>) {
  return (
    <div role="group" aria-label="Show only" className="mb-4 flex flex-wrap gap-2">
      {kinds.map(([kind, name, number]) => (
        <button
          key={kind}
          type="button"
          aria-pressed={only === kind}
          className="border-line hover:bg-raised aria-pressed:border-ink aria-pressed:bg-raised inline-flex items-center gap-2 rounded-full border px-3 py-1 text-sm"
          onClick={() => onPick(only === kind ? null : kind)}
        >
          <span aria-hidden="true" className={`cell cell-${kind} size-3.5`} />
          {name} <strong className="font-semibold">{count(number)}</strong>
        </button>
      ))}
    </div>
  );
}
