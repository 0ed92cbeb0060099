/** A slider over the days on which models came: the plot as it was on one of them. */
interface UntilProps {
  what: string;
  days: readonly string[];
  place: number;
  onPick: (day: string | null) => void;
}

export function Until({ what, days, place, onPick }: UntilProps) {
  if (days.length < 2) return null;
  const day = days[place] ?? "";
  return (
    <label className="text-muted mb-3 flex max-w-xl flex-wrap items-center gap-x-3 text-sm">
      {what} until
      <input
        type="range"
        className="accent-ink h-6 min-w-24 flex-1"
        min={0}
        max={days.length - 1}
        value={place}
        aria-valuetext={day}
        onChange={({ target }) => {
          const picked = Number(target.value);
          onPick(picked === days.length - 1 ? null : (days[picked] ?? null));
        }}
      />
      <span aria-hidden="true" className="text-ink font-medium tabular-nums">
        {day}
      </span>
    </label>
  );
}
