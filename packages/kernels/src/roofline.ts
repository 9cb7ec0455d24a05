// What this machine can do at most, measured on the device's own threads: the ceiling that kernels are held against.
import { currentRuntime } from './runtime.ts';

export interface Roofline {
  /** Billions of f32 operations a second, from independent chains of fused multiply-adds in registers. */
  gflops: number;
  /** Billions of bytes a second, reading memory far larger than the caches. */
  gigabytesPerSecond: number;
}

const READ_BYTES = 256 * 2 ** 20;
const ITERATIONS = 1_500_000; // about 50 ms a thread

/** Best of three rounds; about half a second, and 256 MiB for that time. */
export async function measureRoofline(): Promise<Roofline> {
  const { allocator, stream } = currentRuntime();
  const [buffer, out] = [allocator.allocate(READ_BYTES), allocator.allocate(8)];
  const best = { gflops: 0, gigabytesPerSecond: 0 };
  try {
    stream.launch.fill(0, buffer, READ_BYTES / 4, 0);
    for (let round = 0; round < 3; round++) {
      stream.launch.roofline(buffer, READ_BYTES / 4, ITERATIONS, out);
      const [gflops, gigabytesPerSecond] = await stream.read(out, new Float32Array(2));
      best.gflops = Math.max(best.gflops, gflops!);
      best.gigabytesPerSecond = Math.max(best.gigabytesPerSecond, gigabytesPerSecond!);
    }
  } finally {
    allocator.release(buffer, READ_BYTES);
    allocator.release(out, 8);
  }
  return best;
}
