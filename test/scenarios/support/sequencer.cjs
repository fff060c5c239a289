const { default: Sequencer } = require("@jest/test-sequencer");

/** By path: the scenarios are numbered, and the one that destroys the stack comes last. */
module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => a.path.localeCompare(b.path));
  }
};
