namespace Quickstart;

/// <summary>
/// Everything that was chosen, and why. What matters most, the rate and the number of epochs, is not here: each fold
/// chooses them on its own training pairs (<see cref="Tuning"/>). How the rest was compared is in README.md.
/// </summary>
internal static class Settings
{
    /// <summary>The first seed tried.</summary>
    public const int Seed = 1;

    /// <summary>Every pair is held out once, and the other four fifths train the policy that judges it.</summary>
    public const int Folds = 5;

    /// <summary>Rarer words become one unknown token. Of 1, 2, 3, 5, 10 this had the least validation loss.</summary>
    public const int LeastCount = 5;

    /// <summary>Pairs in a step. Of 8, 16, 32 and 64 none was better than the others beyond noise.</summary>
    public const int BatchSize = 32;

    /// <summary>More passes at this rate did not make validation text more likely.</summary>
    public const int ReferenceEpochs = 5;

    /// <summary>Of 0.3, 1 and 2, this rate made validation text most likely.</summary>
    public const double ReferenceRate = 1;

    /// <summary>The most epochs that a fold may choose for the preference losses.</summary>
    public const int MostEpochs = 8;

    /// <summary>The rates that a fold may choose from for the preference losses.</summary>
    public static readonly double[] Rates = [0.01, 0.03, 0.1];
}
