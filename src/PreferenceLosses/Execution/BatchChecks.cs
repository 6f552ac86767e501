using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>What is refused of a batch, with the column, the row and what was expected.</summary>
internal static unsafe class BatchChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The number of rows: every column that is given has to agree on it, and none that the loss reads may be missing.</summary>
    public static int Rows(CompiledLoss loss, in PreferenceBatch<T> batch)
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
        {
            throw new NotSupportedException($"{typeof(T).Name} is not a precision of this library; float and double are.");
        }

        // The columns that the loss reads come first: of the others it is not known whether they are per row or per response.
        var rows = -1;
        var first = "";
        string? missing = null;
        for (var i = 0; i < Columns.Known.Length; i++)
        {
            if (loss.KnownShapes[i] is { } shape)
            {
                var column = Known(batch, i);
                if (column.IsGiven)
                {
                    CheckLength(Columns.Known[i], column.Length, shape == Shape.Responses ? batch.ResponsesPerRow : 1, ref rows, ref first);
                }
                else
                {
                    missing ??= Columns.Known[i];
                }
            }
        }

        foreach (var input in loss.OtherColumns)
        {
            if (batch.Other is not null && batch.Other.TryGetValue(input.Name!, out var memory))
            {
                CheckLength(input.Name!, memory.Length, input.Shape == Shape.Responses ? batch.ResponsesPerRow : 1, ref rows, ref first);
            }
            else
            {
                missing ??= input.Name;
            }
        }

        // Without rows, a column written [] looks like one that was left out.
        if (missing is not null && rows != 0)
        {
            throw Missing(loss, missing, batch);
        }

        foreach (var input in loss.ScalarInputs)
        {
            CheckScalar(loss, input.Name!, batch);
        }

        if (batch.ResponsesPerRow > loss.Graph.MaximumResponses)
        {
            throw new InvalidBatchException(FormattableString.Invariant(
                $"There are {batch.ResponsesPerRow} responses per row; the loss is written for at most {loss.Graph.MaximumResponses}."));
        }

        CheckUnread(loss, batch, ref rows, ref first);
        return Math.Max(rows, 0);
    }

    /// <summary>The number of values of a column, whether it has a property of its own or not; 0 if it is not there.</summary>
    public static int Length(in PreferenceBatch<T> batch, string name)
    {
        var index = Array.IndexOf(Columns.Known, name);
        return index >= 0 ? Known(batch, index).Length
            : batch.Other is not null && batch.Other.TryGetValue(name, out var memory) ? memory.Length
            : 0;
    }

    /// <summary>Weights of the losses that take the place of the batch's: one per loss, finite.</summary>
    public static void Upstream(ReadOnlySpan<T> upstream, int losses)
    {
        if (upstream.Length != losses)
        {
            throw new ArgumentException($"There are {upstream.Length} upstream weights and {losses} losses.", nameof(upstream));
        }

        // Of no weights, the base library says that they are not all finite.
        if (!upstream.IsEmpty && !TensorPrimitives.IsFiniteAll(upstream))
        {
            var at = 0;
            while (T.IsFinite(upstream[at]))
            {
                at++;
            }

            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The upstream weight {at} is {upstream[at]}; a finite number is needed."), nameof(upstream));
        }
    }

    /// <summary>
    /// What the rows that take part need before a program runs: at least one response each, enough of them for the loss, and
    /// values that the loss is defined for. Whether log-probabilities are finite is seen while the program reads them, if it can tell.
    /// </summary>
    public static void Before(in BatchBinding<T>.Request request, in PreferenceBatch<T> batch, in ExecutionArguments<T> arguments, Program program)
    {
        var graph = request.Loss.Graph;
        if (arguments.Rows > 0 && arguments.Rows < graph.MinimumRows && request.Options.SingleRow == SingleRow.Refuse)
        {
            throw new InvalidBatchException(
                $"The loss needs at least {graph.MinimumRows} rows, because it contains an unbiased variance over the batch, and "
                + $"{arguments.Rows} takes part. Merge the row into another batch, or ask for PyTorch's NaN with {nameof(SingleRow)}.{nameof(SingleRow.PyTorch)}.");
        }

        if (arguments.ResponseMask != null)
        {
            CheckResponses(arguments);
        }

        if (request.AllowsNonFinite)
        {
            return;
        }

        for (var i = 0; i < Columns.Known.Length; i++)
        {
            if (request.Loss.KnownShapes[i] is { } shape)
            {
                if (arguments.NonFinite == null || Columns.HasDomain(i) || !program.Reads(i))
                {
                    CheckFinite(Columns.Known[i], Known(batch, i), shape, arguments);
                }

                CheckDomain(Columns.Known[i], Known(batch, i), shape, arguments);
            }
        }

        foreach (var input in request.Loss.OtherColumns)
        {
            CheckFinite(input.Name!, batch.Other![input.Name!].Span, input.Shape, arguments);
            CheckDomain(input.Name!, batch.Other![input.Name!].Span, input.Shape, arguments);
        }
    }

    /// <summary>Finds the first value that is not finite, after a program has seen that there is one.</summary>
    public static void Finite(in BatchBinding<T>.Request request, in PreferenceBatch<T> batch, in ExecutionArguments<T> arguments)
    {
        for (var i = 0; i < Columns.Known.Length; i++)
        {
            if (request.Loss.KnownShapes[i] is { } shape)
            {
                CheckFinite(Columns.Known[i], Known(batch, i), shape, arguments);
            }
        }
    }

    private static ReadOnlySpan<T> Known(in PreferenceBatch<T> batch, int index) => index switch
    {
        0 => batch.PolicyChosen,
        1 => batch.PolicyRejected,
        2 => batch.ReferenceChosen,
        3 => batch.ReferenceRejected,
        4 => batch.Policy,
        5 => batch.Reference,
        6 => batch.ChosenLength,
        7 => batch.RejectedLength,
        8 => batch.Length,
        9 => batch.ChosenScore,
        10 => batch.RejectedScore,
        11 => batch.Score,
        12 => batch.Margin,
        _ => batch.Desirable,
    };

    private static void CheckUnread(CompiledLoss loss, in PreferenceBatch<T> batch, ref int rows, ref string first)
    {
        for (var i = 0; i < Columns.Known.Length; i++)
        {
            var column = Known(batch, i);
            if (loss.KnownShapes[i] is null && column.IsGiven)
            {
                var perResponse = rows >= 0 && column.Length != rows && batch.ResponsesPerRow > 0 && Columns.MayBePerResponse(i);
                CheckLength(Columns.Known[i], column.Length, perResponse ? batch.ResponsesPerRow : 1, ref rows, ref first);
            }
        }

        if (batch.Weight.IsGiven)
        {
            CheckLength(Columns.Weight, batch.Weight.Length, 1, ref rows, ref first);
        }

        if (batch.ResponseMask.IsGiven)
        {
            CheckLength("response mask", batch.ResponseMask.Length, batch.ResponsesPerRow, ref rows, ref first);
        }
    }

    private static void CheckLength(string name, int length, int perRow, ref int rows, ref string first)
    {
        if (perRow < 1)
        {
            throw new InvalidBatchException($"The column '{name}' holds K responses per row: {nameof(PreferenceBatch<T>.ResponsesPerRow)} has to say how many.", name);
        }

        if (length % perRow != 0)
        {
            throw new InvalidBatchException($"The column '{name}' has {length} values, which is no multiple of {perRow} responses per row.", name);
        }

        if (rows < 0)
        {
            rows = length / perRow;
            first = name;
        }
        else if (length / perRow != rows)
        {
            throw new InvalidBatchException(
                $"The column '{name}' has {length / perRow} rows and '{first}' has {rows}; every column needs one value per row"
                + (perRow == 1 ? "." : $" and response ({perRow} per row)."),
                name);
        }
    }

    private static InvalidBatchException Missing(CompiledLoss loss, string name, in PreferenceBatch<T> batch)
    {
        var needed = string.Join(", ", loss.Graph.Inputs.Where(i => i.Shape != Shape.Scalar).Select(i => i.Name));
        var isUnpaired = batch.Policy.IsGiven && !batch.PolicyChosen.IsGiven && name == Columns.PolicyChosen;
        return new InvalidBatchException(
            $"The column '{name}' is missing; the loss reads {needed}.{(isUnpaired ? " The batch is unpaired." : "")}", name);
    }

    private static void CheckScalar(CompiledLoss loss, string name, in PreferenceBatch<T> batch)
    {
        if (batch.Scalars is null || !batch.Scalars.TryGetValue(name, out var value))
        {
            var needed = string.Join(", ", loss.ScalarInputs.Select(i => i.Name));
            throw new InvalidBatchException($"The scalar '{name}' is missing; the loss reads {needed}.", name);
        }

        if (!double.IsFinite(value))
        {
            throw new InvalidBatchException($"The scalar '{name}' is {value.ToString(CultureInfo.InvariantCulture)}; a finite number is needed.", name);
        }

        if (name == Columns.RunningDeviation && value <= 0)
        {
            throw new InvalidBatchException($"The scalar '{name}' is {value.ToString(CultureInfo.InvariantCulture)}; a deviation greater than 0 is needed.", name);
        }
    }

    private static void CheckResponses(in ExecutionArguments<T> arguments)
    {
        for (var i = 0; i < arguments.Rows; i++)
        {
            var row = arguments.Position(i);
            if (!new ReadOnlySpan<bool>(arguments.ResponseMask + ((long)row * arguments.Responses), arguments.Responses).Contains(true))
            {
                throw new InvalidBatchException($"Row {row} has no valid response; a row without any is left out with a weight of 0.", row: row);
            }
        }
    }

    /// <summary>Lengths are positive, since log-probabilities are divided by them, and an example is desirable or it is not.</summary>
    private static void CheckDomain(string name, ReadOnlySpan<T> column, Shape shape, in ExecutionArguments<T> arguments)
    {
        switch (name)
        {
            case Columns.ChosenLength or Columns.RejectedLength or Columns.Length or Columns.GoldLength:
                if (!column.IsEmpty && !(TensorPrimitives.Min(column) > T.Zero))
                {
                    RefuseFirst(name, column, shape, arguments, static v => v > T.Zero, "a number of tokens greater than 0 is needed.");
                }

                break;
            case Columns.ChosenWeight or Columns.RejectedWeight:
                RefuseFirst(name, column, shape, arguments, static v => v >= T.Zero, "a weight of 0 or greater is needed.");
                break;
            case Columns.Desirable:
                RefuseFirst(name, column, shape, arguments, static v => v == T.Zero || v == T.One, "1 (desirable) and 0 (undesirable) are accepted.");
                break;
        }
    }

    private static void CheckFinite(string name, ReadOnlySpan<T> column, Shape shape, in ExecutionArguments<T> arguments)
    {
        if (!TensorPrimitives.IsFiniteAll(column))
        {
            RefuseFirst(name, column, shape, arguments, T.IsFinite, "a finite number is needed. A weight of 0 leaves a row out.");
        }
    }

    /// <summary>Refuses the first value that is not accepted, among the rows that take part and their valid responses.</summary>
    private static void RefuseFirst(
        string name, ReadOnlySpan<T> column, Shape shape, in ExecutionArguments<T> arguments, Func<T, bool> isAccepted, string what)
    {
        var responses = shape == Shape.Responses ? arguments.Responses : 1;
        for (var i = 0; i < arguments.Rows; i++)
        {
            var row = arguments.Position(i);
            for (var k = 0; k < responses; k++)
            {
                var at = (row * responses) + k;
                var counts = responses == 1 || arguments.ResponseMask == null || arguments.ResponseMask[at];
                if (counts && !isAccepted(column[at]))
                {
                    var where = responses == 1 ? $"row {row}" : $"row {row}, response {k}";
                    throw new InvalidBatchException(
                        $"The column '{name}' is {column[at].ToString(null, CultureInfo.InvariantCulture)} at {where}; {what}", name, row);
                }
            }
        }
    }
}
