import { library } from '../../tsup.shared.ts';

export default library([
  'src/index.ts',
  'src/plan/index.ts',
  'src/report/index.ts',
  'src/stages/index.ts',
  'src/test/index.ts',
]);
