import { existsSync } from 'node:fs';
import { dataFolder, ours } from '../programs.mjs';

export default {
  name: 'code-verifier',
  about: 'sandboxed verdicts on the references of HumanEval, against plain python3 subprocesses with the same tests',
  missing: () => (existsSync(dataFolder) ? undefined : 'the shared data folder is not there (THINKWRIGHT_SHARED)'),
  async run({ runs }) {
    const row = (name, unit, lowerIsBetter = false) => ({ name, unit, ours: [], peer: [], lowerIsBetter });
    const rows = {
      python: row('Python verdicts, against python3 -c', 'verdicts/s'),
      latency: row('Python verdict, median, against python3 -c', 'ms', true),
      javascript: row('JavaScript verdicts', 'verdicts/s'),
      javascriptLatency: row('JavaScript verdict, median', 'ms', true),
      ready: row('Python workers ready', 'ms', true),
    };
    for (let round = 0; round < runs; round++) {
      const { python, javascript, plain } = await ours('code-verifier.ts');
      rows.python.ours.push(python.perSecond);
      rows.latency.ours.push(python.medianMs);
      rows.javascript.ours.push(javascript.perSecond);
      rows.javascriptLatency.ours.push(javascript.medianMs);
      rows.ready.ours.push(python.readyMs);
      if (plain) rows.python.peer.push(plain.perSecond);
      if (plain) rows.latency.peer.push(plain.medianMs);
    }
    return Object.values(rows);
  },
};
