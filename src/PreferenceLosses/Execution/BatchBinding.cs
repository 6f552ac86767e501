using System.Buffers;
using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>
/// Runs compiled formulas on a batch: checks the columns, pins them, leaves out rows of weight 0, and hands pointers to the
/// executor. The columns are pinned here and nowhere else, the
/// destinations by who has them.
/// </summary>
internal static unsafe class BatchBinding<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What to run, beside the batch itself.</summary>
    internal readonly ref struct Request
    {
        /// <summary>The loss whose formulas they are.</summary>
        public required CompiledLoss Loss { get; init; }

        /// <summary>The formulas.</summary>
        public required CompiledFormulas Formulas { get; init; }

        /// <summary>The number of rows of the batch.</summary>
        public required int Rows { get; init; }

        /// <summary>Values of the parameters.</summary>
        public required ParameterValues Parameters { get; init; }

        /// <summary>Weights of the losses in place of the batch's weights; null reference if there are none.</summary>
        public ReadOnlySpan<T> Upstream { get; init; }

        /// <summary>Whether columns may hold NaN and infinities: for tracing.</summary>
        public bool AllowsNonFinite { get; init; }

        /// <summary>The choices of the caller.</summary>
        public required EvaluationOptions Options { get; init; }
    }

    /// <summary>Runs the formulas.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="outputs">Pinned memory for each output of the formulas that is not scalar.</param>
    /// <param name="scalarOutputs">Memory for each output of the formulas that is.</param>
    /// <returns>The number of rows that take part. If it is 0, nothing is written but zeros.</returns>
    public static int Run(in Request request, in PreferenceBatch<T> batch, T** outputs, double* scalarOutputs)
    {
        var pointers = stackalloc T*[Columns.Known.Length];
        fixed (T* policyChosen = batch.PolicyChosen, policyRejected = batch.PolicyRejected)
        fixed (T* referenceChosen = batch.ReferenceChosen, referenceRejected = batch.ReferenceRejected)
        fixed (T* policy = batch.Policy, reference = batch.Reference)
        fixed (T* chosenLength = batch.ChosenLength, rejectedLength = batch.RejectedLength, length = batch.Length)
        fixed (T* chosenScore = batch.ChosenScore, rejectedScore = batch.RejectedScore, score = batch.Score)
        fixed (T* margin = batch.Margin, desirable = batch.Desirable, weight = batch.Weight, upstream = request.Upstream)
        fixed (bool* mask = batch.ResponseMask)
        {
            // In the order of Columns.Known.
            pointers[0] = policyChosen;
            pointers[1] = policyRejected;
            pointers[2] = referenceChosen;
            pointers[3] = referenceRejected;
            pointers[4] = policy;
            pointers[5] = reference;
            pointers[6] = chosenLength;
            pointers[7] = rejectedLength;
            pointers[8] = length;
            pointers[9] = chosenScore;
            pointers[10] = rejectedScore;
            pointers[11] = score;
            pointers[12] = margin;
            pointers[13] = desirable;

            var rows = request.Rows;
            var workspace = Workspace<T>.Rent();
            var arguments = new ExecutionArguments<T>
            {
                Outputs = outputs,
                ScalarOutputs = scalarOutputs,
                Responses = Math.Max(batch.ResponsesPerRow, 1),
                ResponseMask = mask,
                MaxThreads = request.Options.MaxThreads > 0 ? request.Options.MaxThreads : Environment.ProcessorCount,
                Rows = rows,
            };
            if (weight != null)
            {
                SelectRows(batch.Weight, workspace, ref arguments);
            }

            var program = request.Formulas.For(arguments.Rows);
            var nonFinite = false;
            arguments.NonFinite = request.AllowsNonFinite || program.HasResponses || arguments.RowPositions != null ? null : &nonFinite;
            BatchChecks<T>.Before(request, batch, arguments, program);
            if (arguments.Rows < rows)
            {
                ClearOutputs(program, outputs, rows, arguments.Responses);
            }

            if (arguments.Rows > 0)
            {
                // Without an upstream of their own, both halves of a 2B loss have the row's weight.
                var weights = upstream != null ? upstream : weight;
                var secondWeights = upstream != null ? upstream + rows : weight;
                Execute(request, batch, program, pointers, weights, secondWeights, ref arguments, workspace);
                if (nonFinite)
                {
                    BatchChecks<T>.Finite(request, batch, arguments);
                }
            }

            Workspace<T>.Return(workspace);
            return arguments.Rows;
        }
    }

    private static void Execute(
        in Request request, in PreferenceBatch<T> batch, Program program, T** known, T* weights, T* secondWeights, ref ExecutionArguments<T> arguments, Workspace<T> workspace)
    {
        var columns = stackalloc T*[program.Columns.Length];
        MemoryHandle[]? handles = null;
        for (var i = 0; i < program.Columns.Length; i++)
        {
            var (name, knownIndex) = program.Columns[i];
            T* values;
            if (knownIndex >= 0)
            {
                values = known[knownIndex];
            }
            else if (ReferenceEquals(name, CompiledLoss.WeightColumn))
            {
                values = weights;
            }
            else if (ReferenceEquals(name, CompiledLoss.SecondWeightColumn))
            {
                values = secondWeights;
            }
            else
            {
                handles ??= new MemoryHandle[program.Columns.Length];
                handles[i] = batch.Other![name].Pin();
                values = (T*)handles[i].Pointer;
            }

            columns[i] = values;
        }

        var scalars = stackalloc double[program.ScalarInputs.Length];
        for (var i = 0; i < program.ScalarInputs.Length; i++)
        {
            var name = program.ScalarInputs[i].Name;
            scalars[i] = ReferenceEquals(name, CompiledLoss.ScaleScalar) ? Scale(request, arguments.Rows) : batch.Scalars![name];
        }

        var parameters = stackalloc double[program.Parameters.Length];
        for (var i = 0; i < program.Parameters.Length; i++)
        {
            parameters[i] = Value(request.Parameters, program.Parameters[i].Name);
        }

        arguments.Columns = columns;
        arguments.ScalarInputs = scalars;
        arguments.Parameters = parameters;
        Executor.Run(program, arguments, workspace);
        foreach (var handle in handles ?? [])
        {
            handle.Dispose();
        }
    }

    private static double Scale(in Request request, int rows) =>
        !request.Upstream.IsGiven && request.Options.Reduction == Reduction.Mean
            ? 1.0 / ((double)rows * request.Loss.Graph.Losses.Length)
            : 1;

    private static double Value(ParameterValues parameters, string name)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].Parameter.Name == name)
            {
                return parameters[i].Value;
            }
        }

        throw new InvalidOperationException($"The formula contains the parameter '{name}', and the loss does not list it in its Parameters.");
    }

    private static void SelectRows(ReadOnlySpan<T> weights, Workspace<T> workspace, ref ExecutionArguments<T> arguments)
    {
        for (var row = 0; row < weights.Length; row++)
        {
            if (!(weights[row] >= T.Zero) || T.IsInfinity(weights[row]))
            {
                throw new InvalidBatchException(
                    FormattableString.Invariant($"The column '{Columns.Weight}' is {weights[row]} at row {row}; a finite number, 0 or greater, is accepted."),
                    Columns.Weight,
                    row);
            }
        }

        if (!weights.Contains(T.Zero))
        {
            return;
        }

        var positions = workspace.Rows(weights.Length);
        var count = 0;
        for (var row = 0; row < weights.Length; row++)
        {
            if (weights[row] != T.Zero)
            {
                positions[count++] = row;
            }
        }

        arguments.RowPositions = positions;
        arguments.Rows = count;
    }

    private static void ClearOutputs(Program program, T** outputs, int rows, int responses)
    {
        for (var i = 0; i < program.Outputs.Length; i++)
        {
            switch (program.Outputs[i].Shape)
            {
                case Shape.Row:
                    new Span<T>(outputs[i], rows).Clear();
                    break;
                case Shape.Responses:
                    new Span<T>(outputs[i], checked(rows * responses)).Clear();
                    break;
            }
        }
    }
}
