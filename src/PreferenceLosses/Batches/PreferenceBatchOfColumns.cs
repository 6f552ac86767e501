using System.Numerics;

namespace PreferenceLosses;

/// <summary>Gives a column by its name, or the default span, which is no column, where there is none.</summary>
/// <param name="name">The name, one of <see cref="Columns"/>.</param>
/// <typeparam name="T">The precision.</typeparam>
public delegate ReadOnlySpan<T> ColumnReader<T>(string name)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>;

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
        return FromColumns<T>(name => columns.GetValueOrDefault(name)) with
        {
            Other = columns.Where(c => !Columns.HasProperty(c.Key)).ToDictionary(c => c.Key, c => (ReadOnlyMemory<T>)c.Value),
        };
    }

    /// <summary>A batch with the columns that it has properties for (<see cref="Columns.HasProperty"/>), wherever they are; the rest of it is set with a <c>with</c> expression.</summary>
    /// <param name="column">Gives a column; asked once for each.</param>
    /// <typeparam name="T">The precision.</typeparam>
    public static PreferenceBatch<T> FromColumns<T>(ColumnReader<T> column)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(column);
        return new()
        {
            PolicyChosen = column(Columns.PolicyChosen),
            PolicyRejected = column(Columns.PolicyRejected),
            ReferenceChosen = column(Columns.ReferenceChosen),
            ReferenceRejected = column(Columns.ReferenceRejected),
            Policy = column(Columns.Policy),
            Reference = column(Columns.Reference),
            ChosenLength = column(Columns.ChosenLength),
            RejectedLength = column(Columns.RejectedLength),
            Length = column(Columns.Length),
            ChosenScore = column(Columns.ChosenScore),
            RejectedScore = column(Columns.RejectedScore),
            Score = column(Columns.Score),
            Margin = column(Columns.Margin),
            Desirable = column(Columns.Desirable),
            Weight = column(Columns.Weight),
        };
    }
}
