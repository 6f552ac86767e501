namespace PreferenceLosses.Text;

/// <summary>Choices when a loss is read from PyTorch text.</summary>
public sealed record LossCodeOptions
{
    /// <summary>The choices that are made where none are given: faithful, numbers as they stand.</summary>
    public static LossCodeOptions Default { get; } = new();

    /// <summary>The loss's name in kebab-case; if null, the function's name without <c>_loss</c>, with hyphens for underscores.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Whether the numbers in the arithmetic become hyper-parameters <c>c1</c>, <c>c2</c>, … with their value as the default, so that
    /// they can be tuned. Each occurrence is one of its own; inner ones are numbered before outer ones.
    /// </summary>
    public bool LiteralsAsParameters { get; init; }

    /// <summary>
    /// For functions of <c>(logits, targets)</c>: the number of classes, K, that <c>logits.shape[1]</c> stands for; 2 or more. A text that was read with it is a loss for
    /// that many. If it is null, a text that needs it is not accepted.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 2.</exception>
    public int? Classes
    {
        get;
        init
        {
            if (value is { } classes)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
            }

            field = value;
        }
    }

    /// <summary>
    /// Whether forms that lose all digits or give NaN in a tail (ln σ, 1 − σ, e^(−x)·σ(x/τ)) are replaced by stable ones, each
    /// with a note. If not, the loss gives what PyTorch gives, NaN included.
    /// </summary>
    public bool Stabilize { get; init; }
}
