// Clock times: 20:34, 8:34 P.M., 20:34:00. "7:32" alone stays a ratio; equality reads it as a time beside another time.
import type { Node } from '../tree/nodes.ts';

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])?\.?\s*(m)?\.?$/i;

const FULL_HOUR = /^(\d{1,2})\s*([ap])\.?\s*m\.?$/i;

/** A time when the text can be nothing else: it has seconds, am or pm, or minutes that begin with 0. */
export function parseClock(plain: string): Node | undefined {
  const hour = FULL_HOUR.exec(plain);
  if (hour) return clockTime(Number(hour[1]), 0, 0, hour[2]!.toLowerCase());
  const match = CLOCK.exec(plain);
  if (!match) return undefined;
  const [, hours, minutes, seconds, half, m] = match;
  if ((half === undefined) !== (m === undefined)) return undefined;
  const sure = half !== undefined || seconds !== undefined || minutes!.startsWith('0');
  return sure ? clockTime(Number(hours), Number(minutes), Number(seconds ?? 0), half?.toLowerCase()) : undefined;
}

/** Seconds since midnight, or undefined when it is no time of day. */
export function clockTime(hours: number, minutes: number, seconds: number, half?: string): Node | undefined {
  if (minutes > 59 || seconds > 59 || hours > (half ? 12 : 24) || (half && hours === 0)) return undefined;
  const hour = half ? (hours % 12) + (half === 'p' ? 12 : 0) : hours;
  return { kind: 'time', seconds: hour * 3600 + minutes * 60 + seconds };
}
