// The OpenAPI 3.1 description of our own protocol, and of where the dialects listen.
const scored = { type: 'object', required: ['status', 'value', 'parts'], properties: { status: { const: 'scored' }, value: { type: 'number' }, parts: { type: 'object', additionalProperties: { type: 'number' } }, steps: { type: 'array', items: { type: 'number' } } } }; // biome-ignore format: a schema
const skipped = { type: 'object', required: ['status', 'reason'], properties: { status: { const: 'skipped' }, reason: { type: 'string' } } }; // biome-ignore format: a schema
const failed = { type: 'object', required: ['status', 'cause'], properties: { status: { const: 'error' }, cause: { type: 'string' } } }; // biome-ignore format: a schema
const message = { type: 'object', required: ['role', 'content'], properties: { role: { enum: ['system', 'user', 'assistant', 'tool'] }, content: { type: 'string' } } }; // biome-ignore format: a schema

const item = {
  type: 'object',
  required: ['completion'],
  properties: {
    prompt: { oneOf: [{ type: 'string' }, { type: 'array', items: message }] },
    completion: { type: 'string', description: 'As the model wrote it, thinking included.' },
    row: { type: 'object', description: 'Columns of the data set; `answer` is the gold answer.' },
    answer: { type: 'string', description: 'Short for row.answer.' },
    groupId: { type: 'string', description: 'Completions of one prompt share it.' },
    mode: { enum: ['think', 'no_think'] },
    prefilled: { type: 'boolean', description: 'The prompt ended with the opening think mark.' },
    truncated: { type: 'boolean' },
    tokens: { type: 'integer' },
    maxTokens: { type: 'integer' },
    step: { type: 'integer' },
    ids: { type: 'array', items: { type: 'integer' } },
  },
};

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const problem = json({ type: 'object', properties: { error: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } } } }); // biome-ignore format: a schema
const problems = Object.fromEntries(
  Object.entries({
    400: 'not what this path expects',
    401: 'API key missing or wrong',
    413: 'too large',
    422: 'a row that cannot be judged',
    429: 'too much is waiting: see Retry-After',
    503: 'the judge failed, or the server is closing: ask again',
  }).map(([status, description]) => [status, { description, ...problem }]),
);
const dialect = (summary: string) => ({ post: { summary, requestBody: json({ type: 'object' }), responses: { 200: { description: 'the verdict, in that dialect' }, ...problems } } }); // biome-ignore format: a schema

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'thinkwright rewards', version: '1' },
  paths: {
    '/v1/score': {
      post: {
        summary: 'Judge a batch of completions',
        requestBody: { required: true, ...json({ type: 'object', required: ['items'], properties: { verifier: { type: 'string' }, items: { type: 'array', items: item } } }) }, // biome-ignore format: a schema
        responses: {
          200: { description: 'One result for each item, in order', ...json({ type: 'object', properties: { results: { type: 'array', items: { oneOf: [scored, skipped, failed] } } } }) }, // biome-ignore format: a schema
          ...problems,
        },
      },
    },
    '/v1/verifiers': { get: { summary: 'Which verifiers are here', responses: { 200: { description: 'names and descriptions' } } } }, // biome-ignore format: a schema
    '/health': { get: { summary: 'Is it up', responses: { 200: { description: 'healthy' } } } },
    '/metrics': { get: { summary: 'Counters for Prometheus', responses: { 200: { description: 'text' } } } },
    '/get_reward': dialect('OpenRLHF: query, prompts, labels'),
    '/slime': dialect('slime: prompt, response, label'),
    '/verify': dialect('NeMo Gym: responses_create_params, response, task fields'),
    '/aggregate_metrics': dialect('NeMo Gym: verify_responses'),
    '/reset': dialect('OpenEnv: the row of an episode'),
    '/step': dialect('OpenEnv: action { completion }'),
    '/run_code': dialect('SandboxFusion: one program, one input'),
  },
};
