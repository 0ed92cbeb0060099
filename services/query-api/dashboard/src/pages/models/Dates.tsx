/** When a submission was uploaded to the Hub, and when its model was released. What is not known is a dash. */
import type { ModelRow } from "../../api/client.ts";
import { date } from "../../lib/time.ts";
import { Moment } from "../../ui/Moment.tsx";

/** The commit's day in UTC; the whole moment, by the reader's clock too, on demand. */
export function Published({ row: { publishedAt } }: { row: ModelRow }) {
  return publishedAt === null ? "–" : <Moment at={publishedAt}>{date(publishedAt)}</Moment>;
}

/** A day without a time: it is the same in every zone. */
export function Released({ row: { releaseDate } }: { row: ModelRow }) {
  return releaseDate === null ? "–" : <time dateTime={releaseDate}>{releaseDate}</time>;
}
