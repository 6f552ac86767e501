using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>
/// A batch of one block keeps its registers, and a larger one recomputes them in each phase: two programs for the same
/// formulas. They must not differ in a bit, and a row must not notice which block it is in.
/// </summary>
public class BlockSizeTests
{
    [Fact]
    public void Both_programs_of_every_loss_give_the_same_bits()
    {
        foreach (var loss in LossCatalog.BuiltIn.Entries.Select(e => e.Loss))
        {
            var input = PairColumns.Random(100, seed: 4);
            var roots = loss.Graph.Losses.AddRange(loss.Graph.Gradient(1 / Formulas.BatchSize).Values
                .Select(g => Formulas.Broadcast(g, Shape.Row)));
            var kept = Run(loss, ProgramCompiler.Compile(roots, keepsRegisters: true), input);
            var recomputed = Run(loss, ProgramCompiler.Compile(roots, keepsRegisters: false), input);
            Assert.Equal(kept, recomputed);
        }
    }

    [Fact]
    public void Pairs_of_a_pointwise_loss_do_not_notice_their_neighbours()
    {
        var input = PairColumns.Random(300, seed: 6);
        foreach (var loss in LossCatalog.BuiltIn.Entries.Select(e => e.Loss).Where(l => !l.Graph.IsBatchCoupled))
        {
            var together = loss.Evaluate(input.Batch<float>());
            for (var row = 0; row < input.Rows; row += 43)
            {
                var alone = loss.Evaluate(input.Select(i => i == row).Batch<float>());
                Assert.Equal(alone.Losses[0], together.Losses[row]);
            }
        }
    }

    private static unsafe double[] Run(PreferenceLoss loss, Program program, PairColumns input)
    {
        var memory = new double[program.Outputs.Length * input.Rows];
        fixed (double* start = memory, a = input.PolicyChosen, b = input.PolicyRejected, c = input.ReferenceChosen, d = input.ReferenceRejected)
        {
            var known = stackalloc double*[] { a, b, c, d };
            var columns = stackalloc double*[program.Columns.Length];
            for (var i = 0; i < program.Columns.Length; i++)
            {
                columns[i] = known[program.Columns[i].KnownIndex];
            }

            var outputs = stackalloc double*[program.Outputs.Length];
            for (var i = 0; i < program.Outputs.Length; i++)
            {
                outputs[i] = start + (i * input.Rows);
            }

            var parameters = stackalloc double[program.Parameters.Length];
            for (var i = 0; i < program.Parameters.Length; i++)
            {
                parameters[i] = loss.Parameters.Single(p => p.Parameter.Name == program.Parameters[i].Name).Value;
            }

            var arguments = new ExecutionArguments<double>
            {
                Columns = columns, Outputs = outputs, Parameters = parameters, Rows = input.Rows, Responses = 1, MaxThreads = 1,
            };
            Executor<double>.Run(program, arguments, Workspace<double>.Rent());
        }

        return memory;
    }
}
