namespace PreferenceLosses.Torch;

/// <summary>How the gradient of a head comes about, for a loss of pairs from hidden states. The gradients are the same but for rounding.</summary>
public enum HeadGradient
{
    /// <summary>It is not needed: the head is frozen, or nothing is differentiated.</summary>
    None,

    /// <summary>On the way forward, while the logits are there: the loss of a pair depends on this pair alone. No logit is computed twice.</summary>
    Factorized,

    /// <summary>On the way back, with the logits of each chunk computed again: the loss of a pair depends on other pairs (a mean over the batch, a sort, its place in it).</summary>
    Recomputed,

    /// <summary>By libtorch, with the logits of the whole batch kept: the lowered route.</summary>
    Lowered,
}
