using PreferenceLosses.Expressions;

namespace PreferenceLosses.Tests.Support;

/// <summary>A random batch for whatever a loss reads: pairs, unpaired examples, or groups of responses with holes.</summary>
internal static class AnyBatch
{
    private const int Responses = 5;

    /// <summary>Seeded numbers of double precision, a multiple of 2⁻³⁰ each, so that none are equal.</summary>
    public static FormulaBatch Random(IPreferenceLoss loss, int rows, int seed)
    {
        var random = new Random(seed);
        return For(loss, rows, (low, high) => Math.ScaleB(Math.Round(Math.ScaleB(low + ((high - low) * random.NextDouble()), 30)), -30), random);
    }

    /// <summary>Close to the reference as in training, or (an even number of rows) far from it, in the tails of the formulas.</summary>
    public static FormulaBatch For(IPreferenceLoss loss, int rows, Func<double, double, double> uniform, Random random)
    {
        var spread = rows % 2 == 0 ? 40 : 2;
        var perRow = loss.Graph.Inputs.Any(i => i.Shape == Shape.Responses) ? Responses : 1;
        var mask = perRow == 1 ? null : FormulaBatch.RaggedMask(rows, perRow, random);
        double[] Column(Func<double> value, int each = 1) => [.. Enumerable.Range(0, rows * each).Select(_ => value())];

        var batch = new FormulaBatch(rows, perRow) { Mask = mask };
        var isPaired = loss is PreferenceLosses.Losses.PairLoss;
        foreach (var reference in isPaired ? [Columns.ReferenceChosen, Columns.ReferenceRejected] : new[] { Columns.Reference })
        {
            batch.Columns[reference] = Column(() => uniform(-100, -20), perRow);
        }

        foreach (var (policy, reference) in isPaired
            ? [(Columns.PolicyChosen, Columns.ReferenceChosen), (Columns.PolicyRejected, Columns.ReferenceRejected)]
            : new[] { (Columns.Policy, Columns.Reference) })
        {
            batch.Columns[policy] = [.. batch.Columns[reference].Select(r => Math.Min(uniform(r - spread, r + spread), -1))];
        }

        foreach (var input in loss.Graph.Inputs.Where(i => !batch.Columns.ContainsKey(i.Name!)))
        {
            switch (input.Name)
            {
                case Columns.RunningDeviation:
                    batch.Scalars[input.Name] = 1.25;
                    break;
                case { } scalar when input.Shape == Shape.Scalar:
                    batch.Scalars[scalar] = 0.375;
                    break;
                case Columns.Desirable:
                    batch.Columns[input.Name] = Column(() => random.Next(2));
                    break;
                case Columns.ChosenLength or Columns.RejectedLength or Columns.GoldLength or Columns.Length:
                    batch.Columns[input.Name] = Column(() => random.Next(1, 60), input.Shape == Shape.Responses ? perRow : 1);
                    break;
                case Columns.PolicyGold:
                    batch.Columns[input.Name] = Column(() => uniform(-90, -5));
                    break;
                default:
                    batch.Columns[input.Name!] = Column(() => uniform(0, 2), input.Shape == Shape.Responses ? perRow : 1);
                    break;
            }
        }

        return batch;
    }
}
