import { library } from '../../tsup.shared.ts';

export default library(['src/index.ts', 'src/options/index.ts', 'src/test/index.ts']);
