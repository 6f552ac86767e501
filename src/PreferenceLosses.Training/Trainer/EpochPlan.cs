namespace PreferenceLosses.Training;

/// <summary>
/// Which rows each step of an epoch has, as places in the epoch's order. A last micro-batch that is too small for the loss is merged with the one before it.
/// </summary>
internal sealed class EpochPlan
{
    private readonly int rows;
    private readonly int batchSize;
    private readonly int accumulation;
    private readonly int microBatches;

    public EpochPlan(int rows, int batchSize, int accumulation, int minimumRows)
    {
        this.rows = rows;
        this.batchSize = batchSize;
        this.accumulation = accumulation;
        microBatches = (rows + batchSize - 1) / batchSize;
        MergedRows = microBatches > 1 && rows % batchSize is > 0 and var rest && rest < minimumRows ? rest : 0;
        microBatches -= MergedRows > 0 ? 1 : 0;
    }

    /// <summary>Rows that are merged into the micro-batch before them, because the loss needs more; 0 for none.</summary>
    public int MergedRows { get; }

    public int Steps => (microBatches + accumulation - 1) / accumulation;

    /// <summary>The micro-batches of a step: from, and to (not included).</summary>
    public IEnumerable<(int From, int To)> MicroBatches(int step)
    {
        for (var i = step * accumulation; i < Math.Min(microBatches, (step + 1) * accumulation); i++)
        {
            yield return (i * batchSize, i == microBatches - 1 ? rows : (i + 1) * batchSize);
        }
    }
}
