using System.Numerics;

namespace PreferenceLosses;

/// <summary>Makes batches from data whose columns are known by name.</summary>
public static class PreferenceBatch
{
    /// <summary>A batch with the given columns; the rest of it (K, the mask, scalars) is set with a <c>with</c> expression.</summary>
    /// <param name="columns">The columns by name: those of <see cref="Columns"/>, and any that a loss of your own names.</param>
    /// <typeparam name="T">The precision.</typeparam>
    public static PreferenceBatch<T> FromColumns<T>(IReadOnlyDictionary<string, T[]> columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(columns);

        // A column that was not given is no column at all, which is not the same as a column of no rows.
        ReadOnlySpan<T> Column(string name) => columns.GetValueOrDefault(name);
        return new()
        {
            PolicyChosen = Column(Columns.PolicyChosen),
            PolicyRejected = Column(Columns.PolicyRejected),
            ReferenceChosen = Column(Columns.ReferenceChosen),
            ReferenceRejected = Column(Columns.ReferenceRejected),
            Policy = Column(Columns.Policy),
            Reference = Column(Columns.Reference),
            ChosenLength = Column(Columns.ChosenLength),
            RejectedLength = Column(Columns.RejectedLength),
            Length = Column(Columns.Length),
            ChosenScore = Column(Columns.ChosenScore),
            RejectedScore = Column(Columns.RejectedScore),
            Score = Column(Columns.Score),
            Margin = Column(Columns.Margin),
            Desirable = Column(Columns.Desirable),
            Weight = Column(Columns.Weight),
            Other = columns.Where(c => c.Key != Columns.Weight && !Columns.Known.Contains(c.Key))
                .ToDictionary(c => c.Key, c => (ReadOnlyMemory<T>)c.Value),
        };
    }
}
