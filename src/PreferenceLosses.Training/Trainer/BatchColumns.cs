namespace PreferenceLosses.Training;

/// <summary>
/// The columns of one batch. Log-probabilities are kept as [rows, K], K the most completions of a row; a row of a pair has the chosen one first.
/// </summary>
internal sealed class BatchColumns
{
    private readonly LossRequirements requirements;
    private readonly TrainingRow[] rows;

    /// <summary>The place in [rows, K] of each sequence.</summary>
    private readonly int[] places;

    public BatchColumns(LossRequirements requirements, TrainingRow[] rows)
    {
        this.requirements = requirements;
        this.rows = rows;
        Completions = rows.Length == 0 ? 0 : rows.Max(row => row.Completions.Length);
        Sequences = [.. rows.SelectMany(row => row.Completions.Select(completion => new TokenSequence(row.Prompt, completion)))];
        places = [.. rows.SelectMany((row, i) => Enumerable.Range(i * Completions, row.Completions.Length))];
        Policy = new double[rows.Length * Completions];
        Reference = new double[rows.Length * Completions];
    }

    public ReadOnlySpan<TrainingRow> Rows => rows;

    /// <summary>K.</summary>
    public int Completions { get; }

    /// <summary>Every completion of every row.</summary>
    public TokenSequence[] Sequences { get; }

    /// <summary>log π; [rows, K].</summary>
    public double[] Policy { get; }

    /// <summary>log π_ref; [rows, K].</summary>
    public double[] Reference { get; }

    /// <summary>Scalar inputs of the loss.</summary>
    public Dictionary<string, double> Scalars { get; } = [];

    public long Tokens => Sequences.Sum(sequence => (long)sequence.Completion.Length);

    public static bool IsScore(string column) => column is Columns.ChosenScore or Columns.RejectedScore or Columns.Score or Columns.Margin;

    /// <summary>Whether a column or scalar of this name is known here.</summary>
    public static bool CanFill(string column) => IsScore(column) || column is Columns.PolicyChosen or Columns.PolicyRejected
        or Columns.ReferenceChosen or Columns.ReferenceRejected or Columns.Policy or Columns.Reference or Columns.ChosenLength or Columns.RejectedLength
        or Columns.Length or Columns.Desirable or Columns.Kl or Columns.Shift or Columns.RunningMean or Columns.RunningDeviation;

    /// <summary>Puts one value per sequence where it belongs in [rows, K].</summary>
    public void Scatter(ReadOnlySpan<double> perSequence, double[] destination)
    {
        for (var i = 0; i < places.Length; i++)
        {
            destination[places[i]] = perSequence[i];
        }
    }

    /// <summary>The columns that the loss reads, by name.</summary>
    public Dictionary<string, double[]> Fill()
    {
        var columns = new Dictionary<string, double[]>();
        foreach (var input in requirements.Loss.Graph.Inputs)
        {
            if (input.Shape != Expressions.Shape.Scalar)
            {
                columns[input.Name!] = Column(input.Name!);
            }
        }

        return columns;
    }

    /// <summary>The batch of the columns.</summary>
    public PreferenceBatch<double> Batch(Dictionary<string, double[]> columns)
    {
        var batch = PreferenceBatch.FromColumns(columns) with { Scalars = Scalars };
        return requirements.Kind != ExampleKind.Ranked
            ? batch
            : batch with { ResponsesPerRow = Completions, ResponseMask = Mask() };
    }

    /// <summary>∂ mean / ∂ log π of each sequence.</summary>
    public double[] SequenceGradients(LossResult<double> result)
    {
        var all = Gradients(result);
        return [.. places.Select(place => all[place])];
    }

    /// <summary>∂ mean / ∂ log π, row by row.</summary>
    public double[][] RowGradients(LossResult<double> result) => [.. Gradients(result).Chunk(Completions)];

    private double[] Gradients(LossResult<double> result)
    {
        var all = new double[rows.Length * Completions];
        foreach (var (column, place) in new[] { (Columns.PolicyChosen, 0), (Columns.PolicyRejected, 1) })
        {
            if (requirements.Kind == ExampleKind.Pair && requirements.Reads(column))
            {
                var gradient = result.Gradient(column);
                for (var row = 0; row < rows.Length; row++)
                {
                    all[(row * Completions) + place] = gradient[row];
                }
            }
        }

        if (requirements.Kind != ExampleKind.Pair)
        {
            result.Gradient(Columns.Policy).CopyTo(all);
        }

        return all;
    }

    /// <summary>log π − log π_ref of one completion.</summary>
    public double LogRatio(int row, int completion) => Policy[(row * Completions) + completion] - Reference[(row * Completions) + completion];

    private double[] Column(string name) => name switch
    {
        Columns.PolicyChosen => Every(Policy, 0),
        Columns.PolicyRejected => Every(Policy, 1),
        Columns.ReferenceChosen => Every(Reference, 0),
        Columns.ReferenceRejected => Every(Reference, 1),
        Columns.Policy => Policy,
        Columns.Reference => Reference,
        Columns.ChosenLength => PerRow((row, _) => row.Completions[0].Length),
        Columns.RejectedLength => PerRow((row, _) => row.Completions[1].Length),
        Columns.Length => PerCompletion((row, k) => row.Completions[k].Length, absent: 1),
        Columns.ChosenScore => PerRow((row, _) => Score(row, 0)),
        Columns.RejectedScore => PerRow((row, _) => Score(row, 1)),
        Columns.Margin => PerRow((row, _) => Score(row, 0) - Score(row, 1)),
        Columns.Score => PerCompletion(Score, absent: 0),
        Columns.Desirable => PerRow((row, _) => row.IsDesirable ? 1 : 0),
        _ => throw new InvalidOperationException($"The column '{name}' was not refused at the start."),
    };

    private static double Score(TrainingRow row, int completion) => completion < row.Scores.Length
        ? row.Scores[completion]
        : throw new InvalidDataException($"Example {row.Example} has no scores, where the first one has.");

    private double[] PerRow(Func<TrainingRow, int, double> value) => [.. rows.Select(value)];

    private double[] PerCompletion(Func<TrainingRow, int, double> value, double absent) =>
        [.. rows.SelectMany(row => Enumerable.Range(0, Completions).Select(k => k < row.Completions.Length ? value(row, k) : absent))];

    private double[] Every(double[] values, int place) => [.. Enumerable.Range(0, rows.Length).Select(row => values[(row * Completions) + place])];

    private bool[] Mask() => [.. rows.SelectMany(row => Enumerable.Range(0, Completions).Select(k => k < row.Completions.Length))];
}
