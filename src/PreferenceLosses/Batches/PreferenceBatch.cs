using System.Numerics;

namespace PreferenceLosses;

/// <summary>
/// One batch, by column: spans of the caller's memory, which is neither copied nor kept. A loss reads the columns that its
/// formula names; the others may be left out. Every column has one value per row (a pair, an example, or a prompt).
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>; the precision of the computation.</typeparam>
/// <example>
/// <code>
/// var batch = new PreferenceBatch&lt;float&gt;
/// {
///     PolicyChosen = policyChosen, PolicyRejected = policyRejected,
///     ReferenceChosen = referenceChosen, ReferenceRejected = referenceRejected,
/// };
/// </code>
/// </example>
public readonly ref struct PreferenceBatch<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>log π(chosen | prompt), summed over the completion's tokens, in nats; [rows].</summary>
    public ReadOnlySpan<T> PolicyChosen { get; init; }

    /// <summary>log π(rejected | prompt), summed, in nats; [rows].</summary>
    public ReadOnlySpan<T> PolicyRejected { get; init; }

    /// <summary>log π_ref(chosen | prompt), summed, in nats; [rows].</summary>
    public ReadOnlySpan<T> ReferenceChosen { get; init; }

    /// <summary>log π_ref(rejected | prompt), summed, in nats; [rows].</summary>
    public ReadOnlySpan<T> ReferenceRejected { get; init; }

    /// <summary>log π(completion | prompt), summed, in nats; [rows], or [rows, K] row-major for K responses per row.</summary>
    public ReadOnlySpan<T> Policy { get; init; }

    /// <summary>log π_ref(completion | prompt), summed, in nats; [rows], or [rows, K] row-major for K responses per row.</summary>
    public ReadOnlySpan<T> Reference { get; init; }

    /// <summary>Tokens of the chosen completion; [rows].</summary>
    public ReadOnlySpan<T> ChosenLength { get; init; }

    /// <summary>Tokens of the rejected completion; [rows].</summary>
    public ReadOnlySpan<T> RejectedLength { get; init; }

    /// <summary>Tokens of the completion; [rows] or [rows, K].</summary>
    public ReadOnlySpan<T> Length { get; init; }

    /// <summary>Score of the chosen completion; [rows].</summary>
    public ReadOnlySpan<T> ChosenScore { get; init; }

    /// <summary>Score of the rejected completion; [rows].</summary>
    public ReadOnlySpan<T> RejectedScore { get; init; }

    /// <summary>Score of the completion; [rows] or [rows, K].</summary>
    public ReadOnlySpan<T> Score { get; init; }

    /// <summary>By how much the chosen completion is better; [rows].</summary>
    public ReadOnlySpan<T> Margin { get; init; }

    /// <summary>1 for desirable, 0 for undesirable; [rows].</summary>
    public ReadOnlySpan<T> Desirable { get; init; }

    /// <summary>
    /// Weights, finite and not negative; [rows]. The mean is Σ w·ℓ divided by the number of rows with w ≠ 0. A weight of 0
    /// is a mask: the row takes part in nothing, whatever it holds, and its loss and gradients are 0. Other weights do not
    /// enter statistics over the batch. Left out, every row has weight 1.
    /// </summary>
    public ReadOnlySpan<T> Weight { get; init; }

    /// <summary>K, for columns with K responses per row; 0 where there are none.</summary>
    public int ResponsesPerRow { get; init; }

    /// <summary>Which responses are there, [rows, K] row-major, for ragged groups; left out, all of them are.</summary>
    public ReadOnlySpan<bool> ResponseMask { get; init; }

    /// <summary>Columns that a loss of your own names.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<T>>? Other { get; init; }

    /// <summary>Scalar inputs: values for the whole batch, such as KTO's <c>kl</c>.</summary>
    public IReadOnlyDictionary<string, double>? Scalars { get; init; }
}
